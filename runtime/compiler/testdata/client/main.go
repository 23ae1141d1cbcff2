// Command client is a guest with large libraries, and is never run: it stands for the client libraries that adapters of chat
// platforms are made of.
package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"os"

	"github.com/BurntSushi/toml"
	"github.com/coder/websocket"
)

func main() {
	connection, answer, err := websocket.Dial(context.Background(), os.Args[0], nil)
	fmt.Println(connection, answer, err)
	var document map[string]any
	fmt.Println(toml.Decode(os.Args[0], &document))
	fmt.Println(xml.Unmarshal([]byte(os.Args[0]), &document))
}
