//! Playground: the one facade for any host: command in, event and snapshot out; record, replay and share links.
