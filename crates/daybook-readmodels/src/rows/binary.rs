//! PostgreSQL's binary format: cells with their length before them, rows and columns of them, the head of an array,
//! the frame of a COPY.

use daybook_core::words::Words;
use time::macros::{date, datetime};
use time::{Date, OffsetDateTime};

use super::Cell;

/// What a COPY in binary begins with: a signature, no flags, no extension.
pub(super) const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with.
pub(super) const COPY_END: [u8; 2] = (-1_i16).to_be_bytes();

/// What [`write_row_head`] writes.
const ROW_HEAD_BYTES: usize = size_of::<i16>();

/// In place of the length of a cell that holds nothing.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// Days and instants are counted from here.
const EPOCH_DAY: Date = date!(2000 - 01 - 01);
const EPOCH: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);

/// The number of the type `bigint`.
const BIGINT: u32 = 20;

/// Where an array's elements begin in its cell: behind the cell's length and [`write_array_head`].
const ELEMENTS_AT: usize = 4 + 20;

/// The version of jsonb's binary format.
const JSONB_VERSION: u8 = 1;

pub(super) fn write_cell(cell: &Cell<'_>, out: &mut Vec<u8>) {
    match *cell {
        Cell::Null => out.extend_from_slice(&NULL),
        Cell::Text(text) => write(text.as_bytes(), out),
        Cell::SmallInt(number) => write(&number.to_be_bytes(), out),
        Cell::BigInt(number) => write(&number.to_be_bytes(), out),
        Cell::Boolean(truth) => write(&[u8::from(truth)], out),
        Cell::Date(day) => {
            write(&(day.to_julian_day() - EPOCH_DAY.to_julian_day()).to_be_bytes(), out)
        }
        Cell::Timestamp(at) => write(&microseconds(at).to_be_bytes(), out),
        Cell::Numeric(number) => write(&numeric(number), out),
        Cell::Uuid(id) => write(id.as_bytes(), out),
        Cell::Json(text) => {
            write_length(text.len() + 1, out);
            out.push(JSONB_VERSION);
            out.extend_from_slice(text.as_bytes());
        }
        Cell::Words(words) => write_words(words, out),
    }
}

/// Of an array with one dimension, counted from 1.
pub(super) fn write_array_head(
    element_type: u32,
    len: usize,
    out: &mut Vec<u8>,
) -> Result<(), std::num::TryFromIntError> {
    let dimensions = i32::from(len > 0);
    out.extend_from_slice(&dimensions.to_be_bytes());
    // There may be NULLs: the server looks at each length anyway.
    out.extend_from_slice(&1_i32.to_be_bytes());
    out.extend_from_slice(&element_type.to_be_bytes());
    if len > 0 {
        out.extend_from_slice(&i32::try_from(len)?.to_be_bytes());
        out.extend_from_slice(&1_i32.to_be_bytes());
    }
    Ok(())
}

/// Before the cells of a row that is copied.
pub(super) fn write_row_head(cells: usize, out: &mut Vec<u8>) {
    let width = i16::try_from(cells).expect("a table has fewer than 32,768 columns");
    out.extend_from_slice(&width.to_be_bytes());
}

/// The cells of rows, as arrays take them: for each column those of all rows.
pub(super) fn by_column(mut rows: &[u8], width: usize) -> Vec<Vec<u8>> {
    let mut columns = vec![Vec::new(); width];
    while let Some((_, row)) = rows.split_at_checked(ROW_HEAD_BYTES) {
        rows = row;
        for column in &mut columns {
            let (cell, behind) = rows.split_at(cell_bytes(rows));
            column.extend_from_slice(cell);
            rows = behind;
        }
    }
    columns
}

/// How long the first cell is, with the length before it.
fn cell_bytes(cells: &[u8]) -> usize {
    let length = cells.first_chunk().map_or(-1, |bytes| i32::from_be_bytes(*bytes));
    4 + usize::try_from(length).unwrap_or(0)
}

fn write(bytes: &[u8], out: &mut Vec<u8>) {
    write_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn write_length(length: usize, out: &mut Vec<u8>) {
    let length =
        i32::try_from(length).expect("a cell is far below 2 GiB: events are at most 64 KiB");
    out.extend_from_slice(&length.to_be_bytes());
}

/// An array of `bigint`.
fn write_words(words: &Words, out: &mut Vec<u8>) {
    let numbers = words.hashes();
    let begin = out.len();
    write_length(0, out);
    write_array_head(BIGINT, numbers.len(), out).expect("a text has far fewer than 2^31 words");
    for number in numbers {
        write(&number.to_be_bytes(), out);
    }
    let length = out.len() - begin - size_of::<i32>();
    let length = i32::try_from(length).expect("a text has far fewer than 2^31 words");
    out[begin..begin + size_of::<i32>()].copy_from_slice(&length.to_be_bytes());
}

/// Cells that [`write_words`] has written, or NULL, as the text of such arrays.
pub(super) fn words_as_text(mut cells: &[u8]) -> Vec<u8> {
    let mut texts = Vec::new();
    while !cells.is_empty() {
        let (cell, behind) = cells.split_at(cell_bytes(cells));
        cells = behind;
        if cell == NULL {
            texts.extend_from_slice(&NULL);
            continue;
        }
        let (elements, _) = cell.get(ELEMENTS_AT..).unwrap_or_default().as_chunks::<12>();
        let number = |[_, _, _, _, number @ ..]: &[u8; 12]| i64::from_be_bytes(*number).to_string();
        let numbers: Vec<_> = elements.iter().map(number).collect();
        write(format!("{{{}}}", numbers.join(",")).as_bytes(), &mut texts);
    }
    texts
}

fn microseconds(at: OffsetDateTime) -> i64 {
    i64::try_from((at - EPOCH).whole_microseconds())
        .expect("years up to 9999 are within 64 bits of microseconds")
}

/// Digits to the base of 10,000, the highest first, after their number, the first one's weight, the sign, and no decimals.
fn numeric(number: i128) -> Vec<u8> {
    let mut digits = Vec::new();
    let mut left = number.unsigned_abs();
    while left > 0 {
        digits.push(i16::try_from(left % 10_000).expect("a digit is below 10,000"));
        left /= 10_000;
    }
    let count = i16::try_from(digits.len()).expect("128 bits are ten digits");
    let sign: i16 = if number < 0 { 0x4000 } else { 0 };
    let head = [count, (count - 1).max(0), sign, 0];
    head.iter().chain(digits.iter().rev()).flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell<'a>(cell: impl Into<Cell<'a>>) -> Vec<u8> {
        let mut out = Vec::new();
        write_cell(&cell.into(), &mut out);
        out
    }

    #[test]
    fn cells_are_their_length_and_their_bytes() {
        assert_eq!(cell("ab"), [0, 0, 0, 2, b'a', b'b']);
        assert_eq!(cell(None::<&str>), [255, 255, 255, 255]);
        assert_eq!(cell(258_i16), [0, 0, 0, 2, 1, 2]);
        assert_eq!(cell(true), [0, 0, 0, 1, 1]);
        assert_eq!(cell(date!(2000 - 01 - 03)), [0, 0, 0, 4, 0, 0, 0, 2]);
        assert_eq!(cell(datetime!(1999-12-31 23:59:59.999999 UTC))[4..], [255; 8]);
        assert_eq!(cell(Cell::Json("{}")), [0, 0, 0, 3, 1, b'{', b'}']);
    }

    #[test]
    fn words_are_an_array_of_numbers_and_its_text_where_arrays_are_fed() {
        let (words, none) = (Words::of("b ab"), Words::default());
        let mut cells = Vec::new();
        for cell in [Cell::Words(&words), Cell::Null, Cell::Words(&none)] {
            write_cell(&cell, &mut cells);
        }
        assert_eq!(cells.len(), (24 + 2 * 12) + 4 + (4 + 12));
        assert_eq!(cells[..8], [0, 0, 0, 44, 0, 0, 0, 1]);
        let [one, other] = words.hashes() else { panic!("two words") };
        let texts = [cell(&*format!("{{{one},{other}}}")), cell(None::<&str>), cell("{}")];
        assert_eq!(words_as_text(&cells), texts.concat());
    }

    #[test]
    fn a_numeric_is_its_digits_to_the_base_of_ten_thousand() {
        assert_eq!(numeric(0), [0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(numeric(-12_345), [0, 2, 0, 1, 0x40, 0, 0, 0, 0, 1, 9, 41]);
        assert_eq!(numeric(i128::MAX).len(), 8 + 2 * 10);
    }

    #[test]
    fn rows_are_their_cells_side_by_side_and_columns_one_below_the_other() {
        let mut rows = Vec::new();
        for (text, number) in [("a", Some(1_i16)), ("bc", None)] {
            write_row_head(2, &mut rows);
            write_cell(&text.into(), &mut rows);
            write_cell(&number.into(), &mut rows);
        }
        let expected =
            [&[0, 2][..], &cell("a"), &cell(1_i16), &[0, 2], &cell("bc"), &cell(None::<i16>)];
        assert_eq!(rows, expected.concat());
        let columns = [[cell("a"), cell("bc")].concat(), [cell(1_i16), cell(None::<i16>)].concat()];
        assert_eq!(by_column(&rows, 2), columns);
        assert_eq!(by_column(&[], 2), [[0; 0]; 2]);
    }
}
