# Turns lines of CLIENT, FEATURE, OUTCOME into a table: a row for each feature, a column for each client.
BEGIN { FS = "\t" }
!($1 in column) { column[$1] = ++clients; client[clients] = $1 }
!($2 in row) { row[$2] = ++features; feature[features] = $2 }
{ cell[row[$2], column[$1]] = $3; count[$3]++ }
END {
	printf "| feature |"
	for (c = 1; c <= clients; c++) printf " %s |", client[c]
	printf "\n|---|"
	for (c = 1; c <= clients; c++) printf "---|"
	printf "\n"
	for (f = 1; f <= features; f++) {
		printf "| %s |", feature[f]
		for (c = 1; c <= clients; c++) printf " %s |", (f, c) in cell ? cell[f, c] : ""
		printf "\n"
	}
	printf "\n"
	for (outcome in count) printf "%s: %d  ", outcome, count[outcome]
	printf "\n"
}
