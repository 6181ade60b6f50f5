package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// play is a client: it places an order, reads its own write, and reads on until the saga has ended.
func play(ctx context.Context, w io.Writer, base string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c := client{w, base}
	id := fmt.Sprintf("ORD-%d", time.Now().UnixMilli())
	header, err := c.tell(ctx, http.MethodPost, "/orders", fmt.Sprintf(`{"id":%q,"item":"lamp","cents":4500}`, id))
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "\nat once: the query waits until the read model has come as far as the order")
	if _, err := c.tell(ctx, http.MethodGet, header.Get("Location"), ""); err != nil {
		return err
	}
	fmt.Fprintln(w, "\na little later: the saga has carried the order through, or undone what it had done")
	if err := c.until(ctx, "/orders/"+id, "status", StatusConfirmed, StatusRejected); err != nil {
		return err
	}
	return c.until(ctx, "/orders/"+id+"/saga", "state", "completed", "failed")
}

type client struct {
	w    io.Writer
	base string
}

// until reads a path until a field of the answer has one of the values, and tells the last answer.
func (c client) until(ctx context.Context, path, field string, values ...string) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		_, _, text, err := c.do(ctx, http.MethodGet, path, "")
		if err != nil {
			return err
		}
		var answer map[string]any
		if err := json.Unmarshal(text, &answer); err != nil {
			return err
		}
		if value, _ := answer[field].(string); slices.Contains(values, value) {
			break
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("GET %s still says %s: %w", path, text, ctx.Err())
		}
	}
	_, err := c.tell(ctx, http.MethodGet, path, "")
	return err
}

// tell sends a request and writes down what was asked and answered.
func (c client) tell(ctx context.Context, method, path, body string) (http.Header, error) {
	fmt.Fprintln(c.w, strings.TrimSpace(method+" "+path+" "+body))
	status, header, text, err := c.do(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(c.w, "  %d %s", status, text)
	return header, nil
}

func (c client) do(ctx context.Context, method, path, body string) (status int, header http.Header, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	return response.StatusCode, response.Header, text, err
}
