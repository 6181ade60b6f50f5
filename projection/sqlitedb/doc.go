// Package sqlitedb opens SQLite files for read models, with the settings that package projection wants: a writer that
// takes its lock when a transaction begins, and readers that never wait for it.
package sqlitedb
