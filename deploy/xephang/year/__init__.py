"""The worked example: Bắc Giang's assessments of 2021 and 2022, with made-up answers."""

from deploy.xephang.year.command import play_command
from deploy.xephang.year.run import play

__all__ = ["play", "play_command"]
