// Package esdbtest gives tests a server that speaks the gRPC protocol of EventStoreDB: in the process of the test, on
// 127.0.0.1, and as ill-behaved as the test wants it to be.
package esdbtest
