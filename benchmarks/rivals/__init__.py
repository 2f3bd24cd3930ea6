"""Compares with other libraries what both can do; each module measures one of them."""
