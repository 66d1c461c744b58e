"""A Rosenbrock solver generated for one mechanism: straight-line vector code, one box a lane."""

from drivers.box_model.rosenbrock.engine import RosenbrockEngine

__all__ = ["RosenbrockEngine"]
