//! Tables for people: a header, a rule, rows; and labels with their values.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with a header. A column whose name begins with `>` is aligned to the right.
pub(super) fn columns(names: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = plain_table();
    table.set_header(names.iter().map(|name| cell(name, name.trim_start_matches('>'))));
    for row in rows {
        table.add_row(names.iter().zip(&row).map(|(name, text)| cell(name, text)));
    }
    finish(table)
}

/// One label and its value a line.
pub(super) fn labelled(fields: &[(&'static str, String)]) -> String {
    let mut table = plain_table();
    for (label, value) in fields {
        table.add_row([*label, value]);
    }
    finish(table)
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
}
