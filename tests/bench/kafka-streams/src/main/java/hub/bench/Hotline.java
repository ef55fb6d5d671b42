package hub.bench;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;

/** One native hotline message to a CaseEvent, samples README 2 and 3. One instance a task. */
final class Hotline {
    private static final Map<String, String> KINDS = Map.of(
            "create", "REPORTED", "supplement", "SUPPLEMENTED", "urge", "URGED",
            "withdraw", "WITHDRAWN", "answer", "ANSWERED", "visit", "VISITED");
    private static final Map<String, String> CHANNELS = Map.of(
            "电话", "phone", "微信", "wechat", "网站", "web", "APP", "app", "省平台", "province",
            "来信", "letter", "二维码", "qr", "视频", "video", "其他", "other");
    private static final Map<String, String> URGENCIES = Map.of(
            "一般", "NORMAL", "普通", "NORMAL", "1", "NORMAL", "紧急", "URGENT", "2", "URGENT",
            "特急", "CRITICAL", "3", "CRITICAL");
    private static final Map<String, String> MODES = Map.of("直接办理", "DIRECT", "转办", "FORWARD");
    private static final Map<String, String> UNITS = Map.of(
            "工作日", "work_day", "自然日", "natural_day", "工作时", "work_hour", "紧急工作时", "urgent_hour");
    private static final Map<String, String> SOLVED =
            Map.of("解决", "SOLVED", "未解决", "UNSOLVED", "部分解决", "PARTLY_SOLVED");
    private static final Map<String, String> SATISFACTION = Map.of(
            "满意", "SATISFIED", "基本满意", "BASICALLY_SATISFIED", "不满意", "DISSATISFIED", "未评价", "NOT_RATED");
    private static final Map<String, String> CONNECTED = Map.of("1", "true", "是", "true", "0", "false", "否", "false");
    private static final Map<String, Boolean> SECRET = Map.of(
            "1", true, "是", true, "true", true, "0", false, "否", false, "false", false);
    private static final Set<String> NO_CONTACT = Set.of("无", "不详", "匿名", "未提供");
    private static final Set<String> NO_NAME = Set.of("匿名", "不详");
    private static final Set<String> WITH_MAJOR_CONTENT = Set.of("REPORTED", "SUPPLEMENTED", "URGED", "WITHDRAWN");
    static final Set<String> FIELDS = Set.copyOf(Arrays.asList(
            "eventType", "orderId", "eventSeq", "eventTime", "orderNum", "callTime", "sourceType", "callerName",
            "callerPhone", "isSecret", "title", "majorContent", "questionCode", "questionName", "pilotLight",
            "handleModelType", "address", "addressIds", "addressPoints", "timeUnit", "handleDays", "isOldCaller",
            "oldOrderNum", "answerContent", "answerOrgName", "visitNum", "visitTime", "visitCallIsConnected",
            "visitIsSolved", "visitIsSatisfaction", "visitResult"));

    private final Schema event;
    private final Schema reporter;
    private final Schema location;
    private final Schema category;
    private final Map<String, GenericData.EnumSymbol> symbols = new HashMap<>();
    private final EventIdentity identity;

    Hotline(Schema event, byte[] tokenKey) {
        this.event = event;
        reporter = event.getField("reporter").schema();
        location = inner(event, "location");
        category = inner(event, "category");
        addSymbols(event.getField("kind").schema());
        addSymbols(event.getField("channel").schema());
        addSymbols(inner(event, "urgency"));
        identity = new EventIdentity(tokenKey);
    }

    private static Schema inner(Schema event, String field) {
        return event.getField(field).schema().getTypes().get(1);
    }

    private void addSymbols(Schema schema) {
        for (String symbol : schema.getEnumSymbols()) {
            symbols.put(symbol, new GenericData.EnumSymbol(schema, symbol));
        }
    }

    /** The event with its id and token; receipt and raw coordinates are the caller's to set. */
    GenericData.Record map(byte[] payload) throws Rejected {
        Map<String, String> in = NativeJson.read(payload, FIELDS);
        Set<String> flags = new TreeSet<>();
        Map<String, String> attributes = new HashMap<>();
        String kind = kind(in);
        String orderId = required(code(in, "orderId"), "orderId");
        String sequence = integer(required(code(in, "eventSeq"), "eventSeq"), "eventSeq");
        String at = required(code(in, "eventTime"), "eventTime");
        checkRequired(in, kind);
        long occurredAt = LocalTime.read(at, "eventTime");
        if (!LocalTime.hasSeconds(at)) {
            flags.add("time_no_seconds");
        }
        boolean reported = kind.equals("REPORTED");
        String channel = channel(in, reported, flags, attributes);
        boolean secret = secret(in, flags);
        String contact = contact(in, flags);
        String name = secret ? nameToHide(in) : null;

        GenericData.Record out = new GenericData.Record(event);
        put(out, "case_id", "hotline:" + orderId);
        put(out, "kind", symbols.get(kind));
        put(out, "source", "hotline");
        put(out, "channel", symbols.get(channel));
        put(out, "source_case_id", orderId);
        put(out, "source_event_id", orderId + "/" + sequence);
        put(out, "occurred_at", occurredAt);
        put(out, "urgency", urgency(in, reported, flags));
        put(out, "title", free(in, "title", name, flags));
        put(out, "text", text(in, kind, name, flags));
        put(out, "category", category(in));
        put(out, "location", location(in, reported, name, flags));
        put(out, "attachments", Collections.emptyList());
        details(in, flags, attributes);
        if (kind.equals("ANSWERED")) {
            keep(attributes, "answer_org", in.get("answerOrgName"));
        } else if (kind.equals("VISITED")) {
            visit(in, flags, attributes);
        }
        if (!flags.isEmpty()) {
            attributes.put("quality", String.join(",", flags));
        }
        put(out, "attributes", attributes);
        GenericData.Record who = new GenericData.Record(reporter);
        who.put("token", contact == null ? null : identity.token(contact));
        who.put("has_contact", contact != null);
        who.put("secret", secret);
        put(out, "reporter", who);
        put(out, "event_id", identity.eventId(out));
        return out;
    }

    private static void put(GenericData.Record record, String field, Object value) {
        record.put(field, value);
    }

    private static String code(Map<String, String> in, String field) {
        return Text.code(in.get(field));
    }

    private static String required(String value, String field) throws Rejected {
        if (value == null) {
            throw new Rejected("missing_field", field);
        }
        return value;
    }

    private static String kind(Map<String, String> in) throws Rejected {
        String type = required(code(in, "eventType"), "eventType").toLowerCase(Locale.ROOT);
        String kind = KINDS.get(type);
        if (kind == null) {
            throw new Rejected("unknown_event_type", "eventType");
        }
        return kind;
    }

    private static void checkRequired(Map<String, String> in, String kind) throws Rejected {
        switch (kind) {
            case "REPORTED", "SUPPLEMENTED" -> required(in.get("majorContent"), "majorContent");
            case "ANSWERED" -> required(in.get("answerContent"), "answerContent");
            case "VISITED" -> {
                required(in.get("visitNum"), "visitNum");
                required(in.get("visitTime"), "visitTime");
                String connected = required(code(in, "visitCallIsConnected"), "visitCallIsConnected");
                if ("true".equals(CONNECTED.get(connected))) {
                    required(in.get("visitIsSolved"), "visitIsSolved");
                    required(in.get("visitIsSatisfaction"), "visitIsSatisfaction");
                }
            }
            default -> { }
        }
    }

    /** 1 or more, at most nine digits, without leading zeros. */
    private static String integer(String code, String field) throws Rejected {
        int start = 0;
        for (int i = 0; i < code.length(); i++) {
            char c = code.charAt(i);
            if (c < '0' || c > '9' || i >= 9) {
                throw new Rejected("bad_value", field);
            }
            if (c == '0' && start == i) {
                start++;
            }
        }
        if (start == code.length()) {
            throw new Rejected("bad_value", field);
        }
        return code.substring(start);
    }

    private static String channel(
            Map<String, String> in, boolean reported, Set<String> flags, Map<String, String> attributes) {
        String sent = code(in, "sourceType");
        if (sent == null) {
            if (reported) {
                flags.add("channel_missing");
            }
            return "other";
        }
        attributes.put("native_channel", sent);
        String channel = CHANNELS.get(sent.equalsIgnoreCase("APP") ? "APP" : sent);
        if (channel == null) {
            flags.add("channel_unknown");
            return "other";
        }
        return channel;
    }

    private static boolean secret(Map<String, String> in, Set<String> flags) {
        String sent = code(in, "isSecret");
        if (sent == null) {
            return false;
        }
        Boolean secret = SECRET.get(sent.toLowerCase(Locale.ROOT));
        if (secret == null) {
            flags.add("secret_unknown");
            return true;
        }
        return secret;
    }

    private static String contact(Map<String, String> in, Set<String> flags) {
        String sent = code(in, "callerPhone");
        if (sent == null || NO_CONTACT.contains(sent)) {
            return null;
        }
        String contact = Text.contact(sent);
        if (contact == null) {
            flags.add("contact_bad");
        }
        return contact;
    }

    private static String nameToHide(Map<String, String> in) {
        String name = in.get("callerName");
        return name == null || name.codePointCount(0, name.length()) < 2 || NO_NAME.contains(name) ? null : name;
    }

    private GenericData.EnumSymbol urgency(Map<String, String> in, boolean reported, Set<String> flags) {
        String sent = code(in, "pilotLight");
        if (sent == null) {
            return reported ? symbols.get("NORMAL") : null;
        }
        String urgency = URGENCIES.get(sent);
        if (urgency == null) {
            flags.add("urgency_unknown");
            return symbols.get("NORMAL");
        }
        return symbols.get(urgency);
    }

    private static String free(Map<String, String> in, String field, String name, Set<String> flags) {
        String value = in.get(field);
        if (value == null) {
            return null;
        }
        char first = value.charAt(0);
        if (first == '=' || first == '+' || first == '-' || first == '@') {
            flags.add("formula_like");
        }
        return Text.mask(name == null ? value : value.replace(name, "[NAME]"));
    }

    private static String text(Map<String, String> in, String kind, String name, Set<String> flags) {
        if (WITH_MAJOR_CONTENT.contains(kind)) {
            return free(in, "majorContent", name, flags);
        }
        return free(in, kind.equals("ANSWERED") ? "answerContent" : "visitResult", name, flags);
    }

    private GenericData.Record category(Map<String, String> in) {
        String code = code(in, "questionCode");
        String path = in.get("questionName");
        if (code == null && path == null) {
            return null;
        }
        GenericData.Record out = new GenericData.Record(category);
        out.put("scheme", "12345");
        out.put("code", code);
        out.put("path", path == null ? null : levels(path));
        return out;
    }

    private static String levels(String path) {
        String[] parts = path.split("->");
        for (int i = 0; i < parts.length; i++) {
            String part = Text.clean(parts[i]);
            parts[i] = part == null ? "" : part;
        }
        return String.join("->", List.of(parts));
    }

    private GenericData.Record location(Map<String, String> in, boolean reported, String name, Set<String> flags)
            throws Rejected {
        Places places = new Places();
        places.readCodes(code(in, "addressIds"), flags);
        places.readPoint(code(in, "addressPoints"), flags);
        String address = free(in, "address", name, flags);
        if (reported && places.codes[0] == null) {
            flags.add("division_missing");
        }
        if (address == null && places.isEmpty()) {
            return null;
        }
        GenericData.Record out = new GenericData.Record(location);
        out.put("division", places.codes[0]);
        out.put("street", places.codes[1]);
        out.put("community", places.codes[2]);
        out.put("grid", places.codes[3]);
        out.put("address", address);
        out.put("lon", places.lon);
        out.put("lat", places.lat);
        out.put("crs", places.crs);
        return out;
    }

    private static void details(Map<String, String> in, Set<String> flags, Map<String, String> attributes)
            throws Rejected {
        keep(attributes, "order_num", code(in, "orderNum"));
        keep(attributes, "old_order_num", code(in, "oldOrderNum"));
        String callTime = code(in, "callTime");
        if (callTime != null) {
            attributes.put("call_time", Long.toString(LocalTime.read(callTime, "callTime")));
        }
        String days = code(in, "handleDays");
        if (days != null) {
            attributes.put("handle_days", integer(days, "handleDays"));
        }
        known(in, "handleModelType", MODES, "handle_mode", flags, attributes);
        known(in, "timeUnit", UNITS, "time_unit", flags, attributes);
        known(in, "isOldCaller", CONNECTED, "is_old_caller", flags, attributes);
    }

    private static void known(
            Map<String, String> in,
            String field,
            Map<String, String> table,
            String attribute,
            Set<String> flags,
            Map<String, String> attributes) {
        String sent = code(in, field);
        if (sent == null) {
            return;
        }
        String value = table.get(sent);
        if (value == null) {
            flags.add("value_unknown");
        } else {
            attributes.put(attribute, value);
        }
    }

    private static void visit(Map<String, String> in, Set<String> flags, Map<String, String> attributes)
            throws Rejected {
        attributes.put("visit_num", integer(code(in, "visitNum"), "visitNum"));
        attributes.put("visit_time", Long.toString(LocalTime.read(code(in, "visitTime"), "visitTime")));
        String connected = oneOf(in, "visitCallIsConnected", CONNECTED);
        attributes.put("visit_connected", connected);
        if (connected.equals("true")) {
            attributes.put("visit_solved", oneOf(in, "visitIsSolved", SOLVED));
            attributes.put("visit_satisfaction", oneOf(in, "visitIsSatisfaction", SATISFACTION));
        } else if (in.containsKey("visitIsSolved") || in.containsKey("visitIsSatisfaction")) {
            flags.add("visit_contradiction");
        }
    }

    private static String oneOf(Map<String, String> in, String field, Map<String, String> table) throws Rejected {
        String value = table.get(code(in, field));
        if (value == null) {
            throw new Rejected("bad_value", field);
        }
        return value;
    }

    private static void keep(Map<String, String> attributes, String name, String value) {
        if (value != null) {
            attributes.put(name, value);
        }
    }
}
