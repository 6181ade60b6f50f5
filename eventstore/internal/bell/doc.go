// Package bell wakes the subscriptions of a store when there may be something new in its log.
package bell
