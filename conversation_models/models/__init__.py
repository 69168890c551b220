"""Declarations: one frozen ``msgspec.Struct`` for each type of the Conversations API."""
