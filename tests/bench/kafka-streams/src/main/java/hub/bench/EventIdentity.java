package hub.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;

/**
 * Token of a contact and id of an event. The id is SHA-256 over the content (the JDK has no BLAKE2; SHA-256 has
 * hardware support), 16 bytes of it: another value than the hub's own id, the same work.
 */
final class EventIdentity {
    private static final HexFormat HEX = HexFormat.of();
    private final Mac mac;
    private final MessageDigest digest;

    EventIdentity(byte[] tokenKey) {
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(tokenKey, "HmacSHA256"));
            digest = MessageDigest.getInstance("SHA-256");
        } catch (GeneralSecurityException failure) {
            throw new IllegalStateException(failure);
        }
    }

    String token(String contact) {
        return HEX.formatHex(mac.doFinal(contact.getBytes(StandardCharsets.UTF_8)), 0, 16);
    }

    String eventId(GenericData.Record event) {
        add(event);
        return HEX.formatHex(digest.digest(), 0, 16);
    }

    /** Absent values are left out; names separate the rest. */
    private void add(GenericData.Record record) {
        for (Schema.Field field : record.getSchema().getFields()) {
            Object value = record.get(field.pos());
            if (value == null) {
                continue;
            }
            add(field.name());
            if (value instanceof GenericData.Record inner) {
                add(inner);
            } else if (value instanceof Map<?, ?> map) {
                new TreeMap<>(map).forEach((name, text) -> {
                    add(name.toString());
                    add(text.toString());
                });
            } else {
                add(value.toString());
            }
        }
    }

    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
        digest.update(bytes);
    }
}
