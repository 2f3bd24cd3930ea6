"""One HTML page of a run, for people: data, curves, tables, garments, designs."""
