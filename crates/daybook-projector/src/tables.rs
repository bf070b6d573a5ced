//! A projection's tables, from the one template under migrations/read/tables that says what they are.
//!
//! The template's parts are marked by lines of their own: first the tables, then, below `-- [key]`, their primary keys,
//! and below `-- [indexes]` all other indexes. A rebuild fills the tables before it makes the rest: an index that is made
//! at once costs a fraction of one that grows row by row.

use crate::projection::Generation;

/// The parts of a template, each with `{generation}` in the names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables {
    create: &'static str,
    key: &'static str,
    indexes: &'static str,
}

const KEY: &str = "\n-- [key]\n";
const INDEXES: &str = "\n-- [indexes]\n";

impl Tables {
    /// Those of a template.
    pub(crate) fn of(template: &'static str) -> Self {
        let (rest, indexes) = template.split_once(INDEXES).unwrap_or((template, ""));
        let (create, key) = rest.split_once(KEY).unwrap_or((rest, ""));
        Self { create, key, indexes }
    }

    /// Makes the tables, bare.
    pub(crate) fn create(&self, generation: Generation) -> String {
        generation.sql(self.create)
    }

    /// Keeps autovacuum away while the tables are filled: it would take a core of the rebuild's for rows that nobody reads
    /// yet, and each key and statistics would wait a second for it to let go.
    pub(crate) fn leave_alone(&self, generation: Generation) -> String {
        self.alter(generation, "SET (autovacuum_enabled = off)")
    }

    /// Lets autovacuum come again.
    pub(crate) fn look_after(&self, generation: Generation) -> String {
        self.alter(generation, "RESET (autovacuum_enabled)")
    }

    fn alter(&self, generation: Generation, change: &str) -> String {
        let alter = |table| format!("ALTER TABLE {table} {change};");
        self.names(generation).into_iter().map(alter).collect()
    }

    /// Makes the primary keys.
    pub(crate) fn key(&self, generation: Generation) -> String {
        generation.sql(self.key)
    }

    /// Make the other indexes, if there are any: statements that do not wait for one another.
    pub(crate) fn indexes(&self, generation: Generation) -> Vec<String> {
        let statements = self.indexes.split(";\n").filter(|part| part.contains("CREATE INDEX"));
        statements.map(|statement| generation.sql(statement)).collect()
    }

    /// The tables' names, each with its schema.
    pub(crate) fn names(&self, generation: Generation) -> Vec<String> {
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
    use crate::projections;

    #[test]
    fn every_template_says_its_tables_and_its_keys() {
        for projection in projections::all() {
            let tables = Tables::of(projection.tables());
            let generation = Generation(7);
            assert_eq!(tables.names(generation), [format!("read.{}_7", projection.name())]);
            assert!(!tables.create(generation).contains("PRIMARY KEY"), "{}", projection.name());
            assert!(tables.key(generation).contains("ADD PRIMARY KEY"), "{}", projection.name());
            let indexes = tables.indexes(generation);
            assert_eq!(indexes.len(), projection.tables().matches("CREATE INDEX").count());
            let parts = [vec![tables.create(generation), tables.key(generation)], indexes].concat();
            assert!(parts.iter().all(|part| !part.contains("{generation}")));
        }
    }

    #[test]
    fn a_template_may_make_several_tables_and_no_index() {
        let tables = Tables::of(
            "CREATE TABLE read.a_{generation} (); CREATE TABLE read.b_c_{generation} ()",
        );
        assert_eq!(tables.names(Generation(1)), ["read.a_1", "read.b_c_1"]);
        assert_eq!(tables.key(Generation(1)), "");
    }
}
