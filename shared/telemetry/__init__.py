"""What a service tells of itself to whoever watches over it: counts, times and ids, nothing personal."""
