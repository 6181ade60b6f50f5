package esdb

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// client makes the library's configuration, from its own defaults: without them it would never connect.
func (c Config) client() (*esdb.Configuration, error) {
	if c.URL == "" {
		return nil, errors.New("no URL: give one like esdb://user:password@host:2113")
	}
	base, query, _ := strings.Cut(c.URL, "?")
	secret := strings.Contains(base, "@")
	if !secret && strings.Contains(query, "@") {
		return nil, errNoConnectionString() // perhaps a password with a question mark in it
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("URL: its options cannot be read: they are key=value, joined by &, and percent-encoded")
	}
	if err := checkOptions(options); err != nil {
		return nil, err
	}
	config, err := esdb.ParseConnectionString(c.URL)
	switch {
	case err != nil && secret: // the library's errors repeat the URL, or parts of it, and with it the password
		return nil, errNoConnectionString()
	case err != nil:
		return nil, fmt.Errorf("URL: it is no connection string of EventStoreDB: %w", err)
	case config.DisableTLS && config.Username != "":
		return nil, errors.New("URL: credentials would not be sent with tls=false: leave them out, or use TLS")
	case config.DisableTLS && (config.RootCAs != nil || config.UserCertFile != "" || config.UserKeyFile != ""):
		return nil, errors.New("URL: tlsCaFile, userCertFile and userKeyFile mean nothing with tls=false: leave them out, or use TLS")
	}
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("URL: %w", err)
	}
	if config.UserCertFile != "" {
		if _, err := tls.LoadX509KeyPair(config.UserCertFile, config.UserKeyFile); err != nil {
			return nil, fmt.Errorf("URL: userCertFile and userKeyFile: %w", err)
		}
	}
	config.Logger = c.log
	return config, nil
}

// errNoConnectionString says nothing of what was given, which may hold a password.
func errNoConnectionString() error {
	return errors.New("URL: it is no connection string of EventStoreDB like esdb://user:password@host:2113,host:2113?option=value, or " +
		"a file that it names cannot be read; characters of user, password and options other than letters and digits are " +
		"percent-encoded")
}

// checkOptions finds what the library would pass over in silence, or note on the standard logger.
func checkOptions(options url.Values) error {
	var problems []error
	given := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		values, name := options[key], strings.ToLower(key)
		check, known := optionChecks()[name]
		before, twice := given[name]
		given[name] = key
		switch {
		case !known:
			problems = append(problems, fmt.Errorf("URL: %q is no option of a connection string", key))
		case twice || len(values) > 1:
			problems = append(problems, fmt.Errorf("URL: %s is given more than once", cmp.Or(before, key)))
		case !check.ok(values[0]):
			problems = append(problems, fmt.Errorf("URL: it is no connection string of EventStoreDB: %s is %q: give %s",
				key, values[0], check.give))
		}
	}
	return errors.Join(problems...)
}

type optionCheck struct {
	ok   func(string) bool
	give string
}

// optionChecks has every option that the library knows, in lower case.
func optionChecks() map[string]optionCheck {
	number := func(from int, give string) optionCheck {
		return optionCheck{give: give, ok: func(s string) bool {
			n, err := strconv.Atoi(s)
			return err == nil && n >= from
		}}
	}
	boolean := optionCheck{give: "true or false", ok: func(s string) bool { return oneOf(s, "true", "false") }}
	file := optionCheck{give: "the name of a file", ok: func(s string) bool { return s != "" }}
	alive := number(10_000, "milliseconds from 10000 on, or -1 for never")
	return map[string]optionCheck{
		"tls":           boolean,
		"tlsverifycert": boolean,
		"tlscafile":     file,
		"usercertfile":  file,
		"userkeyfile":   file,
		"nodepreference": {
			give: "leader, follower, random or readonlyreplica",
			ok:   func(s string) bool { return oneOf(s, "leader", "follower", "random", "readonlyreplica") },
		},
		"maxdiscoverattempts": number(1, "a number from 1 on"),
		"discoveryinterval":   number(0, "milliseconds from 0 on"),
		"gossiptimeout":       number(1, "seconds from 1 on"),
		"keepaliveinterval":   {give: alive.give, ok: func(s string) bool { return s == "-1" || alive.ok(s) }},
		"keepalivetimeout":    number(1, "milliseconds from 1 on"),
		"defaultdeadline":     number(1, "milliseconds from 1 on"),
	}
}

func oneOf(s string, words ...string) bool { return slices.Contains(words, strings.ToLower(s)) }
