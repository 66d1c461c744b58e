"""Measures -> control factors; sets of scenarios."""

from scenarios.control_table import ControlTable
from scenarios.library import house_vocabulary, measure_library
from scenarios.measure import Effect, Measure
from scenarios.measure_table import combined, read_measures
from scenarios.resolution import resolve
from scenarios.scenario import BASE, Scenario, base, matrix, node_name
from scenarios.scenario_factor import DirectFactor
from scenarios.scenario_table import read_scenarios
from scenarios.sets import change, joint, zero_out
from scenarios.target import Target
from scenarios.vocabulary import Vocabulary, for_inventory

__all__ = [
    "BASE",
    "ControlTable",
    "DirectFactor",
    "Effect",
    "Measure",
    "Scenario",
    "Target",
    "Vocabulary",
    "base",
    "change",
    "combined",
    "for_inventory",
    "house_vocabulary",
    "joint",
    "matrix",
    "measure_library",
    "node_name",
    "read_measures",
    "read_scenarios",
    "resolve",
    "zero_out",
]
