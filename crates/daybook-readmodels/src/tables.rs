//! A projection's tables, from the one template under migrations/read/tables that says what they are.
//!
//! The template's parts are marked by lines of their own: first the tables, then, below `-- [key]`, their primary keys,
//! and below `-- [indexes]` all other indexes. A rebuild fills the tables before it makes the rest: an index that is made
//! at once costs a fraction of one that grows row by row.

use crate::projection::Generation;

/// The parts of a template, each with `{generation}` in the names.
#[derive(Debug, Clone, Copy)]
pub struct Tables {
    create: &'static str,
    key: &'static str,
    indexes: &'static str,
}

const KEY: &str = "\n-- [key]\n";
const INDEXES: &str = "\n-- [indexes]\n";

impl Tables {
    /// Those of a template.
    pub fn of(template: &'static str) -> Self {
        let (rest, indexes) = template.split_once(INDEXES).unwrap_or((template, ""));
        let (create, key) = rest.split_once(KEY).unwrap_or((rest, ""));
        Self { create, key, indexes }
    }

    /// Makes the tables, bare.
    pub fn create(&self, generation: Generation) -> String {
        generation.sql(self.create)
    }

    /// Keeps autovacuum away while the tables are filled: it would take a core of the rebuild's for rows that nobody reads
    /// yet, and each key and statistics would wait a second for it to let go.
    pub fn leave_alone(&self, generation: Generation) -> String {
        self.alter(generation, "SET (autovacuum_enabled = off)")
    }

    /// Lets autovacuum come again.
    pub fn look_after(&self, generation: Generation) -> String {
        self.alter(generation, "RESET (autovacuum_enabled)")
    }

    fn alter(&self, generation: Generation, change: &str) -> String {
        let alter = |table| format!("ALTER TABLE {table} {change};");
        self.names(generation).into_iter().map(alter).collect()
    }

    /// Makes the primary keys.
    pub fn key(&self, generation: Generation) -> String {
        generation.sql(self.key)
    }

    /// Make the other indexes, if there are any: statements that do not wait for one another.
    pub fn indexes(&self, generation: Generation) -> Vec<String> {
        let statements = self.indexes.split(";\n").filter(|part| part.contains("CREATE INDEX"));
        statements.map(|statement| generation.sql(statement)).collect()
    }

    /// The tables' names, each with its schema.
    pub fn names(&self, generation: Generation) -> Vec<String> {
        let name = |statement: &str| {
            let end = statement.find("_{generation}")?;
            let name = statement.get(..end)?;
            let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            plain.then(|| format!("read.{name}_{}", generation.0))
        };
        self.create.split("CREATE TABLE read.").skip(1).filter_map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_may_make_several_tables_and_no_index() {
        let tables = Tables::of(
            "CREATE TABLE read.a_{generation} (); CREATE TABLE read.b_c_{generation} ()",
        );
        assert_eq!(tables.names(Generation(1)), ["read.a_1", "read.b_c_1"]);
        assert_eq!(tables.key(Generation(1)), "");
    }
}
