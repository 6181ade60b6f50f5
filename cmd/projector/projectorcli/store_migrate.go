package projectorcli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/eventstore/postgres"
	"github.com/skaldgo/skald/eventstore/storeurl"
)

func (a *app) storeMigrateCommand() *cobra.Command {
	var printOnly bool
	var role string
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Make the tables of a log in PostgreSQL, or bring them up to date",
		Long: `Make the tables of a log in PostgreSQL, or bring them up to date, as opening it would. Several may do so at once.

With --print the statements are written to standard output instead, for people who run them by themselves, and nothing is
connected to. Programs then open the log with no_migration=true in its URL. With --role the statements that let a role
read and append, and nothing else, follow them.`,
		Example: "  projector store migrate --store postgres://owner@db/orders\n  projector store migrate --print --role app | psql orders",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if role != "" && !printOnly {
				return usage("add --print, and run what is printed", "--role is for printed statements")
			}
			if printOnly {
				return a.printMigration(role)
			}
			return a.migrate(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&printOnly, "print", false, "print the statements instead")
	cmd.Flags().StringVar(&role, "role", "", "with --print: also grant this role what it needs")
	return cmd
}

func (a *app) printMigration(role string) error {
	schema := "skald"
	target, named, err := a.logTarget()
	if err != nil {
		return err
	}
	if named && target.Kind != storeurl.Postgres {
		return usage("only PostgreSQL has anything to migrate", "--store names a %s log", target.Kind)
	}
	if named && target.Postgres.Schema != "" {
		schema = target.Postgres.Schema
	}
	text, err := postgres.MigrationSQL(schema)
	if err != nil {
		return err
	}
	if role != "" {
		grants, err := postgres.GrantSQL(schema, role)
		if err != nil {
			return err
		}
		text += grants
	}
	_, err = fmt.Fprint(a.stdout, text)
	return err
}

func (a *app) migrate(ctx context.Context) error {
	target, named, err := a.logTarget()
	if err != nil {
		return err
	}
	if !named || target.Kind != storeurl.Postgres {
		return usage("name one with --store postgres://user@host/database", "only a log in PostgreSQL has anything to migrate")
	}
	target.Postgres.NoMigration, target.Postgres.ReadOnly = false, false
	store, err := a.open(ctx, target)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "the log is up to date")
	return err
}
