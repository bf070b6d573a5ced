//! Personal texts as rows have them: as the log has them, with what it takes to open them. So nothing in a row has to change
//! when somebody is forgotten.

use daybook_core::personal::Personal;

/// What a row has of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    /// Sealed or plain; empty where it was given and not recorded.
    pub text: &'a str,
    /// Whose key opens it; `None` where there is nothing to open.
    pub subject: Option<&'a str>,
}

impl<'a> From<&'a Personal> for Text<'a> {
    fn from(text: &'a Personal) -> Self {
        match text {
            Personal::Plain(text) => Self { text, subject: None },
            Personal::Sealed(sealed) => {
                Self { text: &sealed.text, subject: Some(sealed.subject.as_str()) }
            }
            Personal::Erased => Self { text: "", subject: None },
        }
    }
}
