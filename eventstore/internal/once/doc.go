// Package once makes the iterators of stores good for one loop, as the contract of package eventstore says.
package once
