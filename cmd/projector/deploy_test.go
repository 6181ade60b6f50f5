//go:build unix

package main_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// composition is what deploy/compose.yaml may say: the members of the Compose specification that it uses, by their names
// there. Any other member is refused when it is read.
type composition struct {
	Name     string              `yaml:"name"`
	Services map[string]*service `yaml:"services"`
	Volumes  map[string]*struct {
		Driver string `yaml:"driver"`
	} `yaml:"volumes"`
}

type service struct {
	Image string `yaml:"image"`
	Build *struct {
		Context    string `yaml:"context"`
		Dockerfile string `yaml:"dockerfile"`
	} `yaml:"build"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck *struct {
		Test        []string `yaml:"test"`
		Interval    string   `yaml:"interval"`
		Timeout     string   `yaml:"timeout"`
		StartPeriod string   `yaml:"start_period"`
		Retries     int      `yaml:"retries"`
	} `yaml:"healthcheck"`
	ReadOnly        bool     `yaml:"read_only"`
	CapDrop         []string `yaml:"cap_drop"`
	SecurityOpt     []string `yaml:"security_opt"`
	StopGracePeriod string   `yaml:"stop_grace_period"`
	Restart         string   `yaml:"restart"`
}

const deployDir = "../../deploy"

var (
	withDefault = regexp.MustCompile(`\$\{([A-Z_]+):-([^}]+)\}`)
	fullVersion = regexp.MustCompile(`^[a-z][a-z/]*:[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z-]+)?$`)
	loopback    = regexp.MustCompile(`^127\.0\.0\.1:[0-9]+:[0-9]+$`)
)

// readComposition reads the file as Compose does, with nothing in the environment.
func readComposition(t *testing.T) (c composition, text string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(deployDir, "compose.yaml"))
	require.NoError(t, err)
	text = string(raw)
	interpolated := withDefault.ReplaceAllString(text, "$2")
	require.NotContains(t, interpolated, "$", "a variable without a default")
	decoder := yaml.NewDecoder(strings.NewReader(interpolated))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&c))
	require.NotEmpty(t, c.Services)
	return c, text
}

func TestTheCompositionHoldsTogether(t *testing.T) {
	t.Parallel()
	c, _ := readComposition(t)
	mounted := map[string]bool{}
	for name, s := range c.Services {
		require.NotEqual(t, s.Image == "", s.Build == nil, "%s needs an image or a build", name)
		if s.Image != "" {
			require.Regexp(t, fullVersion, s.Image, "%s is not pinned", name)
		} else {
			require.FileExists(t, filepath.Join(deployDir, s.Build.Context, s.Build.Dockerfile))
			require.FileExists(t, filepath.Join(deployDir, s.Build.Context, "go.mod"))
		}
		for _, port := range s.Ports {
			require.Regexp(t, loopback, port, "%s is published to others", name)
		}
		for _, volume := range s.Volumes {
			source, target, found := strings.Cut(volume, ":")
			require.True(t, found && strings.HasPrefix(target, "/"), volume)
			require.Contains(t, c.Volumes, source)
			mounted[source] = true
		}
		require.NotEmpty(t, s.Volumes, "%s keeps nothing", name)
		for other, need := range s.DependsOn {
			require.Contains(t, c.Services, other)
			require.Equal(t, "service_healthy", need.Condition)
		}
		require.NotNil(t, s.Healthcheck, name)
		require.Contains(t, []string{"CMD", "CMD-SHELL"}, s.Healthcheck.Test[0])
		require.True(t, s.Healthcheck.Test[0] == "CMD" || len(s.Healthcheck.Test) == 2, "CMD-SHELL takes one line")
		require.Positive(t, s.Healthcheck.Retries)
		for _, length := range []string{s.Healthcheck.Interval, s.Healthcheck.Timeout, s.Healthcheck.StartPeriod, s.StopGracePeriod} {
			if length != "" {
				_, err := time.ParseDuration(length)
				require.NoError(t, err, name)
			}
		}
		require.Contains(t, []string{"no", "always", "on-failure", "unless-stopped"}, s.Restart)
	}
	require.Len(t, mounted, len(c.Volumes), "a volume that nobody uses")
}

func TestPasswordsOfTheCompositionAreTheEnvironmentsAndTheirDefaultsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	c, text := readComposition(t)
	passwords := 0
	for name, s := range c.Services {
		for variable, value := range s.Environment {
			if strings.Contains(variable, "PASSWORD") {
				require.Contains(t, value, "development", "%s of %s", variable, name)
				require.Contains(t, text, variable+": ${SKALD_POSTGRES_PASSWORD:-"+value+"}", "it cannot be set from outside")
				passwords++
			}
		}
		for _, argument := range s.Command {
			require.NotRegexp(t, `//[^/@]*:[^/@]*@`, argument, "a password on a command line")
		}
	}
	require.Equal(t, 2, passwords, "that of the server, and that of the one who connects to it")
}

func TestTheImageOfTheProjectorIsPinnedAndRunsAsNobody(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(deployDir, "Dockerfile"))
	require.NoError(t, err)
	lines := strings.Split(string(raw), "\n")
	var bases []string
	for _, line := range lines {
		if base, isFrom := strings.CutPrefix(line, "FROM "); isFrom {
			bases = append(bases, strings.Fields(base)[0])
		}
	}
	require.Len(t, bases, 2)
	require.Regexp(t, `^golang:1\.26\.[0-9]+-[a-z]+$`, bases[0])
	require.Equal(t, "scratch", bases[1])
	require.Contains(t, lines, "ENV CGO_ENABLED=0")
	require.Contains(t, lines, "USER 65532:65532")
	require.Contains(t, lines, `ENTRYPOINT ["/projector"]`)
}

// TestTheProjectorOfTheCompositionRuns runs its command line and its health check as they stand, on a server of the tests.
func TestTheProjectorOfTheCompositionRuns(t *testing.T) {
	t.Parallel()
	c, _ := readComposition(t)
	projectorService := c.Services["projector"]
	require.Contains(t, projectorService.DependsOn, "postgres")
	own, _ := newLogURL(t)
	data := t.TempDir()
	here := func(arguments []string) []string {
		var changed []string
		for _, argument := range arguments {
			switch name, value, _ := strings.Cut(argument, "="); name {
			case "--store":
				u, err := url.Parse(value)
				require.NoError(t, err)
				environment := c.Services[u.Hostname()].Environment
				require.Equal(t, environment["POSTGRES_USER"], u.User.Username())
				require.Equal(t, "/"+environment["POSTGRES_DB"], u.Path)
				require.Equal(t, "5432", u.Port())
				changed = append(changed, name+"="+own)
			case "--data":
				require.Equal(t, []string{"projector-data:" + value}, projectorService.Volumes)
				changed = append(changed, name+"="+data)
			default:
				changed = append(changed, argument)
			}
		}
		return changed
	}
	check := projectorService.Healthcheck.Test
	require.Equal(t, []string{"CMD", "/projector"}, check[:2])
	d := start(t, append(here(projectorService.Command), "--for=10m")...)
	d.awaitReady(t)
	d.await(t, d.stdout, patience, "to print figures", func(text string) bool { return len(wholeLines(text)) > 0 })
	mustProject(t, here(check[2:])...)
	require.Zero(t, d.interrupt(t), "%s", d.stderr)
	require.NoError(t, os.RemoveAll(data))
	code, _, _ := projector(t, here(check[2:])...)
	require.NotZero(t, code, "healthy without a read model")
}
