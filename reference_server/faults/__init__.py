"""Misbehaviour on request. A fault changes the good server at one of a few seams."""

from reference_server.alterations import HangUpError
from reference_server.faults.fault import Fault
from reference_server.faults.lookup import FaultOptionError, UnknownFaultError, all_faults, fault_named
from reference_server.faults.switch import Switch, Switchboard, switch_from_table, switch_from_text, switches

__all__ = [
    "Fault",
    "FaultOptionError",
    "HangUpError",
    "Switch",
    "Switchboard",
    "UnknownFaultError",
    "all_faults",
    "fault_named",
    "switch_from_table",
    "switch_from_text",
    "switches",
]
