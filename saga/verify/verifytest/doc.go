// Package verifytest lets a test end with a check of the log that it wrote.
package verifytest
