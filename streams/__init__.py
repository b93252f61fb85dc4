"""The Faust application: routers, linker, tracker and the clock of the log."""
