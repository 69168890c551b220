"""Archives: months of traffic made up, and what reading it costs."""
