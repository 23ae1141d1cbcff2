package sdktest

import "innkeeper/adapters/abi"

// noSQLite is a host without databases.
type noSQLite struct{}

var _ abi.SQLite = noSQLite{}

const noSystem = -int32(abi.ENOSYS)

func (noSQLite) Open([]byte, *uint32) int32                     { return noSystem }
func (noSQLite) Close(uint32) int32                             { return noSystem }
func (noSQLite) Exec(uint32, []byte) int32                      { return noSystem }
func (noSQLite) Prepare(uint32, []byte, *uint32, *uint32) int32 { return noSystem }
func (noSQLite) BindInt64(uint32, uint32, int64) int32          { return noSystem }
func (noSQLite) BindDouble(uint32, uint32, float64) int32       { return noSystem }
func (noSQLite) BindText(uint32, uint32, []byte) int32          { return noSystem }
func (noSQLite) BindBlob(uint32, uint32, []byte) int32          { return noSystem }
func (noSQLite) BindNull(uint32, uint32) int32                  { return noSystem }
func (noSQLite) BindZeroblob(uint32, uint32, int64) int32       { return noSystem }
func (noSQLite) BindParameterCount(uint32) int32                { return noSystem }
func (noSQLite) BindParameterIndex(uint32, []byte) int32        { return noSystem }
func (noSQLite) ClearBindings(uint32) int32                     { return noSystem }
func (noSQLite) Step(uint32) int32                              { return noSystem }
func (noSQLite) ColumnCount(uint32) int32                       { return noSystem }
func (noSQLite) ColumnName(uint32, uint32, []byte) int32        { return noSystem }
func (noSQLite) ColumnType(uint32, uint32) int32                { return noSystem }
func (noSQLite) ColumnInt64(uint32, uint32, *int64) int32       { return noSystem }
func (noSQLite) ColumnDouble(uint32, uint32, *float64) int32    { return noSystem }
func (noSQLite) ColumnText(uint32, uint32, []byte) int32        { return noSystem }
func (noSQLite) ColumnBlob(uint32, uint32, []byte) int32        { return noSystem }
func (noSQLite) Row(uint32, []byte) int32                       { return noSystem }
func (noSQLite) Reset(uint32) int32                             { return noSystem }
func (noSQLite) Finalize(uint32) int32                          { return noSystem }
func (noSQLite) Changes(uint32, *int64) int32                   { return noSystem }
func (noSQLite) LastInsertRowid(uint32, *int64) int32           { return noSystem }
func (noSQLite) GetAutocommit(uint32) int32                     { return noSystem }
func (noSQLite) Errmsg(uint32, []byte) int32                    { return noSystem }
