"""Pure decisions: no I/O, no clock, no Faust. Knows only schemas."""
