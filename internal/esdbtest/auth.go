package esdbtest

import (
	"context"
	"encoding/base64"
	"strings"

	"google.golang.org/grpc/metadata"
)

const (
	administrator = "admin"
	everything    = "$all"
)

// authorise refuses who must not touch a stream: with TLS, who does not say who he is, and for streams of the system and
// for $all who is not the administrator. The metadata of a stream belongs to it.
func (n *Node) authorise(ctx context.Context, stream string) error {
	user, err := n.user(ctx)
	switch {
	case err != nil:
		return err
	case user == administrator:
		return nil
	case user == "" || strings.HasPrefix(originalOf(stream), "$"):
		return errAccessDenied()
	}
	return nil
}

// user returns who is calling, empty when the call does not say. Without TLS everyone is the administrator.
func (n *Node) user(ctx context.Context) (string, error) {
	if n.cluster.tls == nil {
		return administrator, nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	given := md.Get("authorization")
	if len(given) == 0 {
		return "", nil
	}
	scheme, encoded, _ := strings.Cut(given[0], " ")
	plain, err := base64.StdEncoding.DecodeString(encoded)
	name, password, found := strings.Cut(string(plain), ":")
	if right, known := n.cluster.config.Users[name]; err != nil || !strings.EqualFold(scheme, "basic") || !found || !known ||
		right != password {
		return "", errUnauthenticated()
	}
	return name, nil
}
