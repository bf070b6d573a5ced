//! Apache Parquet: columns by name and type, compressed with Snappy. Rows are collected into groups; one group is what is in
//! memory.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::table::{Cell, Column, Kind, Row};
use super::writer::RowWriter;

/// Rows in a group, at most.
const GROUP_ROWS_MAX: usize = 50_000;

/// Memory of the rows in a group, at most, but for the last row.
const GROUP_BYTES_MAX: usize = 32 * 1024 * 1024;

pub(super) struct Writer<W: Write + Send> {
    columns: &'static [Column],
    file: SerializedFileWriter<W>,
    group: Vec<Row>,
    group_bytes: usize,
}

impl<W: Write + Send> Writer<W> {
    pub(super) fn new(columns: &'static [Column], out: W) -> io::Result<Self> {
        let schema = parse_message_type(&schema(columns)).map_err(failed)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties));
        Ok(Self { columns, file: file.map_err(failed)?, group: Vec::new(), group_bytes: 0 })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.group.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for index in 0..self.columns.len() {
            let Some(mut column) = group.next_column()? else { break };
            write_column(column.untyped(), &self.group, index)?;
            column.close()?;
        }
        group.close()?;
        self.group.clear();
        self.group_bytes = 0;
        Ok(())
    }
}

impl<W: Write + Send> RowWriter for Writer<W> {
    fn write(&mut self, row: Row) -> io::Result<()> {
        self.group_bytes += row.iter().map(Cell::bytes).sum::<usize>();
        self.group.push(row);
        if self.group.len() >= GROUP_ROWS_MAX || self.group_bytes >= GROUP_BYTES_MAX {
            self.write_group().map_err(failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.write_group().map_err(failed)?;
        self.file.finish().map_err(failed)?;
        self.file.inner_mut().flush()
    }
}

/// Every column may be empty.
pub(super) fn schema(columns: &[Column]) -> String {
    let field = |column: &Column| {
        let name = column.name;
        match column.kind {
            Kind::Number => format!("OPTIONAL INT64 {name};"),
            Kind::Text => format!("OPTIONAL BYTE_ARRAY {name} (STRING);"),
            Kind::Json => format!("OPTIONAL BYTE_ARRAY {name} (JSON);"),
            Kind::Time => format!("OPTIONAL INT64 {name} (TIMESTAMP(MICROS,true));"),
        }
    };
    let fields: Vec<_> = columns.iter().map(field).collect();
    format!("message daybook {{ {} }}", fields.join(" "))
}

fn write_column(
    writer: &mut ColumnWriter<'_>,
    rows: &[Row],
    index: usize,
) -> Result<(), ParquetError> {
    let cells = || rows.iter().filter_map(|row| row.get(index));
    let levels: Vec<i16> = cells().map(|cell| i16::from(*cell != Cell::Empty)).collect();
    match writer {
        ColumnWriter::Int64ColumnWriter(writer) => {
            let number = |cell: &Cell| match cell {
                Cell::Number(number) => Some(*number),
                Cell::Time(time) => i64::try_from(time.unix_timestamp_nanos() / 1000).ok(),
                Cell::Text(_) | Cell::Decimal(_) | Cell::Empty => None,
            };
            let values: Vec<i64> = cells().filter_map(number).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let text = |cell: &Cell| match cell {
                Cell::Text(text) | Cell::Decimal(text) => Some(ByteArray::from(text.as_str())),
                Cell::Number(_) | Cell::Time(_) | Cell::Empty => None,
            };
            let values: Vec<ByteArray> = cells().filter_map(text).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        _ => return Err(ParquetError::General("a column of a type that no row has".to_owned())),
    }
    Ok(())
}

/// A reader that has gone away must be told from a file that cannot be written.
fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::column;
    use super::*;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    const COLUMNS: &[Column] = &[
        column("n", Kind::Number),
        column("t", Kind::Text),
        column("j", Kind::Json),
        column("at", Kind::Time),
    ];

    #[test]
    fn rows_come_back_over_several_groups_with_empty_cells_in_place() {
        let rows = GROUP_ROWS_MAX + 3;
        let mut file = tempfile::tempfile().unwrap();
        let mut writer = Box::new(Writer::new(COLUMNS, &mut file).unwrap());
        for n in 0..rows {
            let n = i64::try_from(n).unwrap();
            let text = if n % 2 == 0 { Cell::Empty } else { Cell::text(format!("t{n}")) };
            let at = time::OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(n);
            writer.write(vec![Cell::Number(n), text, Cell::text("{}"), Cell::Time(at)]).unwrap();
        }
        writer.finish().unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        assert_eq!(reader.num_row_groups(), 2);
        let read: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(read.len(), rows);
        let values = |row: usize| {
            read[row].get_column_iter().map(|(_, v)| v.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(values(0)[..3], ["0", "null", "\"{}\""]);
        assert_eq!(values(rows - 1)[..2], ["50002", "null"]);
        assert_eq!(values(50_001)[..2], ["50001", "\"t50001\""]);
        assert_eq!(values(1)[3], "1970-01-01 00:00:00.000001 +00:00");
    }
}
