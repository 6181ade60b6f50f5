package projectorcli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/skaldgo/skald/saga"
)

func (a *app) sagasCommand() *cobra.Command {
	sagas := group("sagas", "List sagas, show, draw or export one, let parked ones go on, pause, cancel and end them", `  projector sagas list --stuck
  projector sagas show ORD-000001
  projector sagas history OrderFulfillment/ORD-000001`)
	sagas.AddCommand(a.sagasListCommand(), a.sagasShowCommand(), a.sagasHistoryCommand(), a.sagasGraphCommand(),
		a.sagasExportCommand(), a.sagasRedriveCommand(), a.sagasResolveCommand(), a.sagasSkipCommand(),
		a.sagasCancelCommand(), a.sagasTerminateCommand(),
		a.sagasPauseCommand(), a.sagasResumeCommand(), a.sagasExtendCommand(), a.sagasPolicyCommand(), a.sagasSignalCommand())
	return sagas
}

// withSaga finds the saga that an argument means and hands it over with the open log.
func (a *app) withSaga(
	ctx context.Context, given string, open func(context.Context) (logStore, error),
	use func(store logStore, ref saga.Ref) error,
) (err error) {
	store, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	ref, err := a.find(ctx, store, given)
	if err != nil {
		return err
	}
	return use(store, ref)
}
