// Package walktest draws definitions of sagas for tests that let anything happen to them: of every shape that validation
// lets pass, with limits so small that a walk meets them.
package walktest
