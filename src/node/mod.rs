//! Node: the composition root. Input in, outputs out; the only room that knows all the protocol rooms.
