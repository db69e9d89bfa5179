//! Words of the live quiz. `docs/PROTOCOL.md` section 2 shows them in context.
//!
//! What players may see ([`QuestionView`]) is a type of its own without any field for a solution, so that an answer
//! cannot leave early by a forgotten filter.

mod command;
mod content;
mod push;
mod report;
mod settings;
mod view;

pub use command::*;
pub use content::*;
pub use push::*;
pub use report::*;
pub use settings::*;
pub use view::*;
