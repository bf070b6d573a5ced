//! Tables for people: a header, a rule, rows; and labels with their values.
//!
//! On a terminal, cells are wrapped between words. Where it is too narrow for that, each row is shown as labels with their
//! values rather than cut letter by letter.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Blanks between two columns.
const BETWEEN: usize = 3;

/// A narrower terminal has no room to wrap the cells of a row between words.
const WRAPPED_MIN: u16 = 60;

/// A table with a header. A column whose name begins with `>` is aligned to the right.
pub(super) fn columns(names: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let table = plain_table();
    let width = table.width();
    columns_in(table, width, names, rows.collect())
}

fn columns_in(
    mut table: Table,
    width: Option<u16>,
    names: &[&str],
    rows: Vec<Vec<String>>,
) -> String {
    let title = |name: &&str| name.trim_start_matches('>').to_owned();
    let titles: Vec<_> = names.iter().map(title).collect();
    if is_too_narrow(width, std::iter::once(&titles).chain(&rows)) {
        let blocks: Vec<_> = rows.iter().map(|row| block(&titles, row)).collect();
        return blocks.join("\n");
    }
    table.set_header(names.iter().zip(&titles).map(|(name, title)| cell(name, title)));
    for row in rows {
        table.add_row(names.iter().zip(&row).map(|(name, text)| cell(name, text)));
    }
    finish(table)
}

/// One label and its value a line.
pub(super) fn labelled(fields: &[(&'static str, String)]) -> String {
    let mut table = plain_table();
    let lines: Vec<_> =
        fields.iter().map(|(label, value)| vec![(*label).to_owned(), value.clone()]).collect();
    if is_too_narrow(table.width(), lines.iter()) {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    for line in lines {
        table.add_row(line);
    }
    finish(table)
}

/// Whether the rows neither fit as they are nor leave room to wrap between words. (What has no width is no terminal, and
/// keeps its lines whole.)
fn is_too_narrow<'a>(width: Option<u16>, rows: impl Iterator<Item = &'a Vec<String>>) -> bool {
    let Some(width) = width.filter(|width| *width < WRAPPED_MIN) else { return false };
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let between = BETWEEN * widths.len().saturating_sub(1);
    widths.iter().sum::<usize>() + between > usize::from(width)
}

/// A row for a narrow terminal, which wraps the lines itself.
fn block(titles: &[String], row: &[String]) -> String {
    let widest = titles.iter().map(|title| title.chars().count()).max().unwrap_or_default();
    let filled = titles.iter().zip(row).filter(|(_, text)| !text.is_empty());
    filled.map(|(title, text)| format!("{title:widest$}  {text}\n")).collect()
}

fn plain_table() -> Table {
    let mut table = Table::new();
    // Wraps on a terminal of known width only; what goes into a file or a pipe keeps its lines whole.
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

fn cell(name: &str, text: &str) -> Cell {
    let side = if name.starts_with('>') { CellAlignment::Right } else { CellAlignment::Left };
    Cell::new(text).set_alignment(side)
}

fn finish(mut table: Table) -> String {
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_to_the_right_and_lines_end_without_blanks() {
        let rows = [["ann", "1.00"], ["benjamin", "-250.00"]];
        let text = columns(
            &["who", ">amount"],
            rows.map(|row| row.map(str::to_owned).to_vec()).into_iter(),
        );
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "who         amount");
        assert!(lines[1].chars().all(|c| c == '─'));
        assert_eq!(lines[2], "ann           1.00");
        assert_eq!(lines[3], "benjamin   -250.00");
    }

    #[test]
    fn a_word_is_never_cut_however_narrow_the_terminal() {
        let names = ["when (UTC)", "what", ">amount", "why"];
        let row =
            ["2026-11-23 10:21:22", "transfer-out", "-200.00", "due today, says the contract"];
        for width in [10, 20, 30, 40, 50, 59, 200] {
            let mut table = plain_table();
            table.set_width(width);
            let rows = vec![row.map(str::to_owned).to_vec(), row.map(str::to_owned).to_vec()];
            let text = columns_in(table, Some(width), &names, rows);
            for word in row.iter().flat_map(|cell| cell.split_whitespace()) {
                assert_eq!(text.matches(word).count(), 2, "{width}: {word} in\n{text}");
            }
        }
    }
}
