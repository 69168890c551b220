"""What the wire says: one frozen ``msgspec.Struct`` for each type of the Conversations API, declarations only."""
