// Package pgdb opens schemas of a PostgreSQL database for read models, with the settings that package projection wants:
// a writer and readers that each see one state of the database for the whole of a transaction.
//
// A view of a user's own over the tables of a projection keeps a rebuild from replacing them, since PostgreSQL refuses to
// drop a table that a view needs: make such views over the projection's views or tables in a schema of their own with
// CREATE OR REPLACE after each rebuild, or let the dashboard hold the query.
package pgdb
