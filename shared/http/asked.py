"""What a request asks for, in words of ours: whatever a client makes up becomes no name of a metric or log line."""

from __future__ import annotations

from starlette.types import Scope

__all__ = ["method_of", "path_of", "route_of"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_of(scope: Scope) -> str:
    """A method that exists; others are whatever a client wrote."""
    method = str(scope["method"])
    return method if method in _METHODS else "other"


def path_of(scope: Scope) -> str:
    """The path within this application, also where that is mounted under a prefix."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(prefix) :] if prefix and path.startswith(f"{prefix}/") else path


def route_of(scope: Scope) -> str:
    """The route that answered, with names in place of what a client put there."""
    return str(getattr(scope.get("route"), "path", "other"))
