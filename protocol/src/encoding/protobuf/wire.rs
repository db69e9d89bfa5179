//! The protocol's protobuf messages: the fields that this server sends or reads, with their numbers. Unknown fields are
//! skipped by the decoder.

mod from_client;
mod from_server;

pub(super) use from_client::*;
pub(super) use from_server::*;

/// A message without fields that matter here.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Empty {}
