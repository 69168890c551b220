"""Gateways, end to end: an upstream, gateways in front of it, and a load on them, each in a process of its own."""
