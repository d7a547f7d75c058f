"""Faults in area `attestation`: attestations that come with an upload."""
