//! RFC 6455 at the raw socket: what a strict server takes, and with which code it refuses the rest. The server is no echo
//! server, so that a message was taken is shown by a command in it that is answered, or that comes back as a publication.

mod close;
mod control;
mod fragments;
mod framing;
mod handshake;
mod limits;
mod text;
