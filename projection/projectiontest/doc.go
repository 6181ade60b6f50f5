// Package projectiontest helps to test projections: it writes tables down so that two read models can be compared.
package projectiontest
