// Package checksum is the checksum that every stored event carries: CRC-32C over all that identifies it and makes it.
package checksum
