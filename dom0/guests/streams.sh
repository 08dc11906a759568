# SPDX-License-Identifier: MIT
# Streams of iperf3 whose contents are known, for Dom0 and the Debian guest.  iperf3 ends a test when
# the sender has read its file: the receiver may leave unread what the sockets still hold (kept
# small by -w), and the sender may repeat its last block.  So a stream is right if it is as long as
# the receiver says, not much shorter than the data, and byte for byte the data as far as both go.

stream_length=8388608
stream_data() {
	seq 1 2000000 | head -c $stream_length
}
stream_count() { # SENT-OR-RECEIVED: bytes, from iperf3's report
	tr -d ' \t' </tmp/stream.json | awk -F '[:,]' -v key="\"sum_$1\"" '$1 == key { on = 1 }
		on && $1 == "\"bytes\"" { print $2; exit }'
}

stream_same() { # FILE SIZE
	local n=$2
	[ "$n" -le $stream_length ] || n=$stream_length
	[ "$(head -c "$n" "$1" | md5sum)" = "$(stream_data | head -c "$n" | md5sum)" ]
}

# Serve one stream into FILE; $stream_verdict is "whole" or what is wrong.
stream_take() { # FILE
	local size
	rm -f "$1"
	if ! iperf3 -s -1 -J -F "$1" >/tmp/stream.json 2>&1; then
		stream_verdict=no-stream
		return
	fi
	size=$(stat -c %s "$1")
	if [ "$size" != "$(stream_count received)" ]; then
		stream_verdict="$size-bytes-of-$(stream_count received)"
	elif [ "$size" -lt $((stream_length - stream_length / 16)) ]; then
		stream_verdict="only-$size-bytes"
	elif ! stream_same "$1" "$size"; then
		stream_verdict=not-what-was-sent
	else
		stream_verdict=whole
	fi
}

# The receiver may still be busy with the stream before.
stream_send() { # ADDRESS
	local try
	stream_data >/tmp/source
	for try in 1 2 3 4 5; do
		if iperf3 -c "$1" -J -w 64K -F /tmp/source >/tmp/stream.json 2>&1; then
			stream_bytes=$(stream_count sent)
			return
		fi
		sleep 1
	done
	return 1
}

# Nearly all of a stream has come to a server that keeps no file.
stream_arrives() { # ADDRESS
	stream_send "$1" && [ "$(stream_count received)" -ge $((stream_length - stream_length / 16)) ]
}
