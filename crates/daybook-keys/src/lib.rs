//! The keys of data subjects. Personal texts are sealed under them before they are appended, and opened by who may read
//! them; a subject is forgotten by destroying one key.
//!
//! * [`key`]: one key; what it seals, opens and hashes. Pure, but for random numbers.
//! * [`keys`]: the keys of some subjects, and the texts of events that they open.
//! * [`word_key`]: what words of sealed texts are hashed under.
//! * [`store`]: where keys are kept, a PostgreSQL that is not the log's: the log's backups must not bring them back.
//! * [`lookup`]: look-ups that share statements.
//! * [`mod@forgotten`]: who is forgotten, according to the log.
//!
//! **Invariants:** a key leaves this crate in a statement to the key store only: neither `Debug` nor an error shows any of
//! it. A key is durable before anything is sealed under it. A key that was destroyed never comes back, and one that is
//! missing is not taken for destroyed: with the wrong store everything would look erased.

pub mod forgotten;
pub mod key;
pub mod keys;
pub mod lookup;
pub mod migrate;
pub mod settings;
pub mod store;
pub mod word_key;

pub use forgotten::{Forgotten, destroy_forgotten, forgotten};
pub use key::SubjectKey;
pub use keys::{Keys, OpenError, REASON, subjects_of};
pub use lookup::{KeyLookup, KeyStoreAway};
pub use settings::KeySettings;
pub use store::{KeyStore, KeyStoreError};
pub use word_key::WordKey;
