//! The templates of the read models' tables.

use daybook_projector::projections;
use daybook_readmodels::projection::Generation;
use daybook_readmodels::tables::Tables;

#[test]
fn every_template_says_its_tables_and_its_keys() {
    for projection in projections() {
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
