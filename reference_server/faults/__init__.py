"""Misbehaviour on request. A fault changes the good server at one of a few seams."""

from reference_server.faults.fault import Fault, HangUpError, compose, transmitted
from reference_server.faults.known import FaultOptionError, UnknownFaultError, all_faults, fault_named
from reference_server.faults.switch import Switch, Switchboard, switch_from_table, switch_from_text, switches

__all__ = [
    "Fault",
    "FaultOptionError",
    "HangUpError",
    "Switch",
    "Switchboard",
    "UnknownFaultError",
    "all_faults",
    "compose",
    "fault_named",
    "switch_from_table",
    "switch_from_text",
    "switches",
    "transmitted",
]
