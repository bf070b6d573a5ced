//! One CSV record as named fields.

use csv::{ByteRecord, ReaderBuilder};

use super::line::{BadLine, Fields};

/// The columns, as the header names them.
#[derive(Debug)]
pub(super) struct Header(Vec<String>);

impl Header {
    /// Reads the header.
    pub(super) fn read(text: &[u8]) -> Result<Self, BadLine> {
        Ok(Self(cells(text)?.into_iter().map(|name| name.trim().to_owned()).collect()))
    }

    /// Reads a record.
    pub(super) fn fields(&self, text: &[u8]) -> Result<Fields, BadLine> {
        let cells = cells(text)?;
        if cells.len() != self.0.len() {
            let (found, wanted) = (cells.len(), self.0.len());
            return Err(BadLine::whole(format!("has {found} cells, the header has {wanted}")));
        }
        let mut fields = Fields::default();
        for (name, cell) in self.0.iter().zip(cells) {
            if !cell.is_empty() {
                fields.add(name.clone(), cell)?;
            }
        }
        Ok(fields)
    }
}

fn cells(text: &[u8]) -> Result<Vec<String>, BadLine> {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(text);
    let mut record = ByteRecord::new();
    reader
        .read_byte_record(&mut record)
        .map_err(|error| BadLine::whole(format!("is not a CSV record: {error}")))?;
    let cell = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|_| BadLine::whole("is not UTF-8"))
    };
    record.iter().map(cell).collect()
}
