package cutproxy_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/skaldgo/skald/internal/cutproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// behind connects a client and a server through a new proxy. The server says nothing by itself.
func behind(t *testing.T) (proxy *cutproxy.Proxy, client, server *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	proxy, err = cutproxy.New(t.Context(), listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, proxy.Close()) })
	near, err := net.Dial("tcp", proxy.Addr())
	require.NoError(t, err)
	far, err := listener.Accept()
	require.NoError(t, err)
	for _, conn := range []net.Conn{near, far} {
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	}
	return proxy, near.(*net.TCPConn), far.(*net.TCPConn)
}

func say(t *testing.T, to net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(to, text)
	require.NoError(t, err)
}

func hear(t *testing.T, from net.Conn, text string) {
	t.Helper()
	heard := make([]byte, len(text))
	_, err := io.ReadFull(from, heard)
	require.NoError(t, err)
	require.Equal(t, text, string(heard))
}

func ended(t *testing.T, conn net.Conn) {
	t.Helper()
	n, err := conn.Read(make([]byte, 1))
	require.Zero(t, n)
	require.True(t, errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET), err)
}

func TestAProxyWithoutAFaultPassesEverythingOn(t *testing.T) {
	proxy, client, server := behind(t)
	say(t, client, "select")
	hear(t, server, "select")
	say(t, server, "1 row")
	require.NoError(t, server.CloseWrite())
	hear(t, client, "1 row")
	ended(t, client)
	say(t, client, "terminate")
	hear(t, server, "terminate")
	require.Equal(t, int64(len("selectterminate")), proxy.Passed(cutproxy.ToServer))
	require.Equal(t, int64(len("1 row")), proxy.Passed(cutproxy.ToClient))
	require.Zero(t, proxy.Struck())
}

func TestACutComesAfterExactlySoManyBytes(t *testing.T) {
	for _, kind := range []cutproxy.Kind{cutproxy.Close, cutproxy.Reset} {
		for _, after := range []int64{0, 1, 5, 6} {
			t.Run(kind.String(), func(t *testing.T) {
				proxy, client, server := behind(t)
				say(t, client, "begin")
				hear(t, server, "begin")
				proxy.Set(cutproxy.Fault{Kind: kind, Direction: cutproxy.ToServer, After: after})
				say(t, client, "commit")
				if kind == cutproxy.Close { // a reset may overtake what was sent before it
					hear(t, server, "commit"[:after])
				}
				ended(t, client)
				require.Equal(t, after, proxy.Passed(cutproxy.ToServer))
				require.Equal(t, int64(1), proxy.Struck())
			})
		}
	}
}

func TestAHalfClosedConnectionGoesOnTheOtherWay(t *testing.T) {
	proxy, client, server := behind(t)
	proxy.Set(cutproxy.Fault{Kind: cutproxy.HalfClose, Direction: cutproxy.ToServer, After: 3})
	say(t, client, "commit")
	hear(t, server, "com")
	ended(t, server)
	say(t, server, "goodbye")
	hear(t, client, "goodbye")
}

func TestAStalledConnectionGoesOnTheOtherWayAndHidesItsEnd(t *testing.T) {
	proxy, client, server := behind(t)
	proxy.Set(cutproxy.Fault{Kind: cutproxy.Stall, Direction: cutproxy.ToClient, After: 2})
	say(t, server, "row")
	hear(t, client, "ro")
	say(t, client, "more")
	hear(t, server, "more")
	require.NoError(t, server.CloseWrite())
	require.NoError(t, client.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	_, err := client.Read(make([]byte, 1))
	require.ErrorContains(t, err, "timeout")
	require.NoError(t, client.SetReadDeadline(time.Time{}))
	proxy.Set(cutproxy.Fault{})
	ended(t, client)
}

func TestADelayLosesNothing(t *testing.T) {
	proxy, client, server := behind(t)
	proxy.Set(cutproxy.Fault{Kind: cutproxy.Delay, Direction: cutproxy.ToServer, Pause: 10 * time.Millisecond})
	began := time.Now()
	say(t, client, "commit")
	hear(t, server, "commit")
	require.GreaterOrEqual(t, time.Since(began), 10*time.Millisecond)
	require.NotZero(t, proxy.Struck())
}
