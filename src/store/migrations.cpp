// SPDX-License-Identifier: 0BSD
#include "store/migrations.h"

namespace fabula::store {
namespace {

const std::vector<std::string> story_tables_1{
    "create table fabula_schema (version bigint not null)",
    "insert into fabula_schema (version) values (0)",

    "create table counters (name text not null primary key, value bigint not null)",
    "insert into counters (name, value) values ('story', 0)",
    "insert into counters (name, value) values ('offer', 0)",
    "insert into counters (name, value) values ('erase_pending', 0)",

    "create table stories ("
    " id bigint not null primary key,"
    " title text not null,"
    " seed text not null,"
    " model text not null,"
    " system text not null,"
    " instruction text not null,"
    " created bigint not null)",

    "create table passages ("
    " story bigint not null references stories (id),"
    " id bigint not null,"
    " parent bigint not null,"
    " origin text not null,"
    " text text not null,"
    " created bigint not null,"
    " primary key (story, id),"
    " foreign key (story, parent) references passages (story, id))",
    "create index passages_by_parent on passages (story, parent)",
};

const std::vector<std::string> record_tables_1{
    "create table offers ("
    " id bigint not null primary key,"
    " story bigint not null,"
    " parent bigint not null,"
    " number bigint not null,"
    " prompt_ids text not null,"
    " model text not null,"
    " model_hash text not null,"
    " adapter_hash text not null,"
    " backend text not null,"
    " created bigint not null,"
    " unique (story, parent, number),"
    " foreign key (story, parent) references passages (story, id))",

    "create table prompt_blocks ("
    " offer bigint not null references offers (id),"
    " position bigint not null,"
    " text text not null,"
    " ids text not null,"
    " primary key (offer, position))",

    "create table candidates ("
    " offer bigint not null references offers (id),"
    " \"index\" bigint not null,"
    " text text not null,"
    " ids_bytes bigint not null,"
    " tokens text not null,"
    " settings text not null,"
    " policy text not null,"
    " propensity double precision,"
    " stream text not null,"
    " ending text not null,"
    " score double precision not null,"
    " copied_share double precision not null,"
    " seconds double precision not null,"
    " created bigint not null,"
    " primary key (offer, \"index\"))",

    "create table choices ("
    " story bigint not null references stories (id),"
    " number bigint not null,"
    " offer bigint not null references offers (id),"
    " \"index\" bigint,"
    " passage bigint not null,"
    " chooser text not null,"
    " reason text not null,"
    " created bigint not null,"
    " primary key (story, number),"
    " foreign key (offer, \"index\") references candidates (offer, \"index\"),"
    " foreign key (story, passage) references passages (story, id))",
    "create index choices_by_offer on choices (offer, \"index\")",
    "create index choices_by_passage on choices (story, passage)",

    "create table moves ("
    " story bigint not null references stories (id),"
    " number bigint not null,"
    " kind text not null,"
    " passage bigint not null,"
    " created bigint not null,"
    " primary key (story, number),"
    " foreign key (story, passage) references passages (story, id))",
    "create index moves_by_passage on moves (story, passage)",
};

const std::vector<std::string> arithmetic_of_offers_2{
    "alter table offers add column arithmetic text not null default ''",
};

const std::vector<std::string> bans_of_candidates_3{
    "alter table candidates add column bans text not null default ''",
    "alter table candidates add column draws bigint not null default 0",
};

const std::vector<std::string> places_of_prompt_blocks_4{
    "alter table prompt_blocks add column kind text not null default ''",
    "alter table prompt_blocks add column passage bigint",
    "alter table prompt_blocks add column first_byte bigint not null default 0",
};

const std::vector<std::string> log_of_choices_5{
    "alter table stories add column source text not null default ''",
    "create unique index stories_by_source on stories (source) where source <> ''",
    "alter table choices add column \"user\" text not null default ''",
    "alter table choices add column shown text not null default ''",
    "alter table choices add column seconds double precision",
    "create index choices_by_chooser on choices (chooser)",

    "create table ratings ("
    " story bigint not null references stories (id),"
    " number bigint not null,"
    " offer bigint not null references offers (id),"
    " \"index\" bigint not null,"
    " rating bigint not null,"
    " reason text not null,"
    " \"user\" text not null,"
    " created bigint not null,"
    " primary key (story, number),"
    " foreign key (offer, \"index\") references candidates (offer, \"index\"))",
    "create index ratings_by_candidate on ratings (offer, \"index\")",
};

const std::vector<std::string> queue_6{
    "insert into counters (name, value) values ('request', 0)",

    // Two numbers make a story's version, so that who claims a request waits for no writer.
    "create table versions ("
    " story bigint not null primary key references stories (id),"
    " value bigint not null)",
    "insert into versions (story, value) select id, 1 from stories",
    "create table turns ("
    " story bigint not null primary key references stories (id),"
    " served bigint not null,"
    " changes bigint not null)",
    "insert into turns (story, served, changes) select id, 0, 0 from stories",

    "create table notes ("
    " story bigint not null references stories (id),"
    " number bigint not null,"
    " memory text not null,"
    " author_note text not null,"
    " created bigint not null,"
    " primary key (story, number))",

    "create table requests ("
    " id bigint not null primary key,"
    " story bigint not null references stories (id),"
    " parent bigint not null,"
    " \"key\" text not null,"
    " model text not null,"
    " body text not null,"
    " redraw_of bigint references offers (id),"
    " \"user\" text not null,"
    " state text not null,"
    " claimed_by text not null,"
    " lease_until bigint not null,"
    " attempts bigint not null,"
    " offer bigint references offers (id),"
    " error text not null,"
    " created bigint not null,"
    " finished bigint not null,"
    " foreign key (story, parent) references passages (story, id))",
    "create unique index requests_by_key on requests (story, \"key\") where \"key\" <> ''",
    "create index requests_by_parent on requests (story, parent)",
    "create index requests_by_redraw on requests (redraw_of)",
    "create index requests_by_offer on requests (offer)",
    "create index requests_by_state on requests (state)",
};

std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// Rows are only ever added, or removed with their whole story.
std::vector<std::string> append_only_in_sqlite(const std::vector<std::string>& tables) {
    std::vector<std::string> triggers;
    triggers.reserve(tables.size());
    for (const std::string& table : tables) {
        std::string& trigger = triggers.emplace_back("create trigger ");
        for (const char* part :
             {table.c_str(), "_are_append_only before update on ", table.c_str(),
              " begin select raise(abort, '", table.c_str(), " are append-only'); end"}) {
            trigger += part;
        }
    }
    return triggers;
}

std::vector<std::string> append_only_in_postgres(const std::vector<std::string>& tables) {
    std::vector<std::string> triggers;
    triggers.reserve(tables.size());
    for (const std::string& table : tables) {
        std::string& trigger = triggers.emplace_back("create trigger ");
        for (const char* part : {table.c_str(), "_are_append_only before update on ", table.c_str(),
                                 " for each statement execute function fabula_append_only()"}) {
            trigger += part;
        }
    }
    return triggers;
}

const std::vector<std::string> append_only_function_1{
    "create function fabula_append_only() returns trigger language plpgsql as"
    " $$ begin raise exception '% are append-only', tg_table_name; end $$",
};

}  // namespace

std::span<const Migration> migrations() {
    static const std::vector<std::string> of_story_1{
        "stories", "passages", "offers", "prompt_blocks", "candidates", "choices", "moves"};
    static const std::vector<Migration> all{
        {joined(story_tables_1, record_tables_1), append_only_in_sqlite(of_story_1),
         joined(append_only_function_1, append_only_in_postgres(of_story_1))},
        {arithmetic_of_offers_2, {}},
        {bans_of_candidates_3, {}},
        {places_of_prompt_blocks_4, {}},
        {log_of_choices_5, append_only_in_sqlite({"ratings"}),
         append_only_in_postgres({"ratings"})},
        {queue_6, append_only_in_sqlite({"notes"}), append_only_in_postgres({"notes"})},
    };
    return all;
}

}  // namespace fabula::store
