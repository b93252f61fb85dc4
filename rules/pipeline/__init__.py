"""The three hops of an event as pure state machines: route, link, track. Streams and `wismo decide` run these."""
